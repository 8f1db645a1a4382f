module labctl.local/pause

go 1.19
