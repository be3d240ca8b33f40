module timesten.example/simulator/launcher

go 1.24.0
