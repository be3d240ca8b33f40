module timesten.example/testbed/tools/pause

go 1.24.0
