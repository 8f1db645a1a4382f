# After at-rest.sh, on the virtual machine that becomes a box.
# Empty, not missing: systemd then makes one at the machine's start. weave-net's peer name comes from it.
: >/etc/machine-id
# Each machine makes its host keys before its first connection.
cat >/etc/systemd/system/labctl-host-keys.service <<'end'
[Unit]
Description=SSH host keys of this machine alone
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service ssh.socket
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
[Install]
WantedBy=multi-user.target
end
systemctl enable labctl-host-keys.service
# What is free of the disk need not be packed.
fstrim --all || true
sync
