module timesten.example/testbed/tools/probe

go 1.24.0
