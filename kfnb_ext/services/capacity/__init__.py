"""What the pod has left: what fills its volumes, what holds its shared memory, what to do.

Rule: what removes or ends anything obeys the policy, and looks again right before it acts.
"""
