"""Adapters: the only importers of Vagrant, Ansible and Kubernetes libraries; ports.py says what is asked of them."""
