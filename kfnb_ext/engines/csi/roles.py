"""What the administrator has to grant, as text that can be sent.

Rule: the same words as in deploy/; a test holds both together.
"""

HINT = (
    "Send the role below to the administrator: it gives the notebooks of Kubeflow the right to "
    "snapshots of their own volumes. Folder snapshots work meanwhile."
)
SNAPSHOTS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: kfnb-snapshots-edit
  labels:
    rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit: "true"
rules:
- apiGroups: [snapshot.storage.k8s.io]
  resources: [volumesnapshots]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [groupsnapshot.storage.k8s.io]
  resources: [volumegroupsnapshots]
  verbs: [get, list, watch, create, patch, update, delete]
"""
