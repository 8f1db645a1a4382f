module labctl.local/runc-wrapper

go 1.19
