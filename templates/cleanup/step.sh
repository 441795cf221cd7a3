  STEP={{ step.number }} PROVIDER={{ step.right.provider }} TOOL={{ tools[step.right.provider] }} TYPE={{ step.right.kind }} ACCOUNT={{ step.right.account }}
  HOLDER_KIND={{ step.right.holder_kind }} HOLDER={{ step.right.holder }}
  RIGHT={{ step.right.name }} EXPECTED={{ step.right.expected }}
  DETAILS=({% for value in step.right.known.values() %}{% if not loop.first %} {% endif %}{{ value }}{% endfor %})
  WHAT={{ step.right.again if action == "undo" else step.right.what }}
  REASONS=({% for reason in step.reasons %}{% if not loop.first %} {% endif %}{{ reason }}{% endfor %})
  FINDINGS=({% for finding in step.findings %}{% if not loop.first %} {% endif %}{{ finding }}{% endfor %}) TICKETS=({% for ticket in step.tickets %}{% if not loop.first %} {% endif %}{{ ticket }}{% endfor %})
  OWNERS=({% for owner in step.owners %}{% if not loop.first %} {% endif %}{{ owner }}{% endfor %}) USED={{ step.used }} FINAL={{ "yes" if step.final else "no" }}
{% if action == "revoke" %}
  WITHOUT_IT={{ step.answer }} BREAKS={{ step.breaks }}
{% endif %}
  step

