"""What the pod can do, without any face."""
