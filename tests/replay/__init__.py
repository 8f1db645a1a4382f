"""An API server on 127.0.0.1 that answers from a recording and misbehaves on demand; and a kubeconfig for it."""
