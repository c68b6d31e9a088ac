"""What the administrator has to grant, as text that can be sent.

Rule: the text is made where all roles are (``model/roles.py``), so that deploy/ and it are one.
"""

from kfnb_ext.model import rights, roles

HINT = (
    "Send the role below to the administrator: it gives the notebooks of Kubeflow the right to "
    "snapshots of their own volumes. Folder snapshots work meanwhile."
)
SNAPSHOTS = "---\n".join(roles.aggregated(rights.SNAPSHOTS))
