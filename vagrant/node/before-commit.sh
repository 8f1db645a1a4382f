# After at-rest.sh, on the container that becomes the node image: the entrypoint makes these at a container's first start.
rm -f /etc/machine-id /etc/labctl/resolv.conf
rm -rf /home/vagrant/.ssh
