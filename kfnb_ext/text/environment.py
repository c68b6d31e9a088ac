"""An environment and what changed in it, for a shell.

Rule: packages are counted here, and listed only where they changed.
"""

from kfnb_ext.model.environment import Environment, EnvironmentChanges

NOTHING = "# Nothing of that kind is recorded."


def shown(found: Environment) -> str:
    """What there is, in short."""
    lines = [f"Environment of {found.taken:%Y-%m-%d %H:%M} UTC"]
    for name, value in (("Image", found.digest or found.image), ("GPU driver", found.driver)):
        lines += [f"{name:<12}{value}"] if value else []
    for one in found.interpreters:
        who = ", ".join(kernel or "the server" for kernel in one.kernels)
        count = f"{len(one.packages)} packages" if one.packages else "packages not in this record"
        lines.append(f"{'Python':<12}{one.version} at {one.path} ({who}): {count}")
    lines += [f"{'Kernel':<12}{k.name}: {k.title} ({k.language})" for k in found.kernels]
    for repository in found.repositories:
        where, head = repository.path or ".", repository.branch or "no branch"
        lines.append(f"{'Git':<12}{where}: {head} {repository.commit[:12]}")
    lines.append(f"{'Variables':<12}{len(found.variables)} names; values are never recorded")
    return "\n".join([*lines, *found.notes])


def changes(found: EnvironmentChanges) -> str:
    """What changed since."""
    lines = [f"Since {found.since:%Y-%m-%d %H:%M} UTC:"]
    for one in found.changes:
        name = f" {one.name}" if one.name else ""
        lines.append(f"  {one.what}{name}: {one.before or '(none)'} -> {one.after or '(none)'}")
    if not found.changes:
        lines.append("  nothing that was recorded has changed")
    return "\n".join([*lines, *found.notes])
