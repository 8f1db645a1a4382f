module labctl.local/weave-kube

go 1.19
