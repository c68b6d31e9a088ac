"""The ResourceQuotas and LimitRanges of a namespace, as the API server answers them.

Rule: reads only; what does not fit is said before anything is sent, but only the cluster's own
dry run decides.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import quotas

SILENT = ("rbac", "forbidden", "not_found", "not_served")  # who may not look is told nothing


def lines(client: Client, namespace: str) -> tuple[quotas.Line, ...]:
    """Every line of every quota. Raises: ClusterError."""
    found = client.list(address.QUOTAS.at(namespace)).body["items"]
    return tuple(line for one in found for line in quotas.lines(one))


def limits(client: Client, namespace: str) -> tuple[quotas.Limit, ...]:
    """What the LimitRanges say of claims. Raises: ClusterError."""
    found = client.list(address.LIMIT_RANGES.at(namespace)).body["items"]
    return tuple(limit for one in found for limit in quotas.limits(one))


def advice(
    client: Client, namespace: str, wants: quotas.Wants, sizes: Iterable[int] = ()
) -> tuple[str, ...]:
    """What of ``wants`` would not fit, a sentence each; empty: all fits, or nobody may look.

    ``wants`` names things as a quota does (``quotas.for_claim`` makes it for new claims);
    ``sizes`` are the bytes of each new claim, for the LimitRange. Raises: ClusterError.
    """
    asked = tuple(sizes)
    try:
        told = quotas.short(lines(client, namespace), wants)
        if asked:
            told += quotas.unfit(limits(client, namespace), asked)
    except failures.ClusterError as error:
        if error.reason in SILENT:
            return ()
        raise
    return tuple(told)


def heavy(client: Client, namespace: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """What LimitRanges forbid of a pod, a sentence each; empty: nothing, or nobody may look.

    Raises: ClusterError.
    """
    try:
        found = client.list(address.LIMIT_RANGES.at(namespace)).body["items"]
    except failures.ClusterError as error:
        if error.reason in SILENT:
            return ()
        raise
    return tuple(text for one in found for text in quotas.heavy(one, spec))
