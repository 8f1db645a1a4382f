module labctl.local/weave-npc

go 1.19
