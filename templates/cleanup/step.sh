  STEP={{ step.number }}
  TYPE={{ step.kind }}
  ACCOUNT={{ step.account }}
  HOLDER_KIND={{ step.holder_kind }}
  HOLDER={{ step.holder }}
  RIGHT={{ step.right }}
  EXPECTED={{ step.expected }}
  WHAT={{ step.what }}
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

