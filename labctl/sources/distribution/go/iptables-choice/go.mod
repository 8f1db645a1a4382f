module labctl.local/iptables-choice

go 1.19
