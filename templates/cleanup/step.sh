  STEP={{ step.number }}
  PROVIDER={{ step.right.provider }}
  TOOL={{ tools[step.right.provider] }}
  TYPE={{ step.right.kind }}
  ACCOUNT={{ step.right.account }}
  HOLDER_KIND={{ step.right.holder_kind }}
  HOLDER={{ step.right.holder }}
  RIGHT={{ step.right.name }}
  DETAILS=(
{% for value in step.right.known.values() %}
    {{ value }}
{% endfor %}
  )
  EXPECTED={{ step.right.expected }}
  WHAT={{ step.right.what }}
  FINDINGS=(
{% for finding in step.findings %}
    {{ finding }}
{% endfor %}
  )
  REASONS=(
{% for reason in step.reasons %}
    {{ reason }}
{% endfor %}
  )
  TICKETS=(
{% for ticket in step.tickets %}
    {{ ticket }}
{% endfor %}
  )
  OWNERS=(
{% for owner in step.owners %}
    {{ owner }}
{% endfor %}
  )
  step

