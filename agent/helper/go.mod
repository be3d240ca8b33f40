module timesten.example/agent/helper

go 1.24.0
