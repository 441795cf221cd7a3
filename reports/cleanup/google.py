"""What a step of Google Cloud's needs beside a handle's parts: the condition of a binding as gcloud takes it."""

from reports.cleanup.remover import Parts

_TERMS = ("expression", "title", "description")


def condition(parts: Parts) -> dict[str, str]:
    """A condition as an option, its parts between signs that none of them holds; and in words."""
    terms = [(name, str(parts[name])) for name in _TERMS if parts[name]]
    if not terms:
        return {"condition": "None", "under": ""}
    between = ":::"
    while any(f"{value}{between}".index(between) < len(value) for _, value in terms):
        between = f"#{between}#"
    option = f"^{between}^{between.join(f'{name}={value}' for name, value in terms)}"
    return {"condition": option, "under": f" under the condition {parts['title']:without a title}"}
