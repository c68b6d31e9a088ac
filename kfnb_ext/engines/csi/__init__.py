"""The engine `csi`: snapshots of whole volumes by the cluster's own CSI drivers.

Rule: what an operation has done so far stands on the cluster's objects and nowhere else, so that
a process that dies leaves nothing that another cannot find and bring to its end.
"""
