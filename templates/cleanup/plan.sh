# --- the plan: step, what, whose, why, finding; --list prints it -----------------

plan() {
{% for step in (reversed_steps if action == "undo" else steps) %}
  line {{ step.number }} {{ step.right.again if action == "undo" else step.right.what }} {{ step.whose }} {{ step.reasons | first }}{% for finding in step.findings %} {{ finding }}{% endfor %}

{% else %}
  :
{% endfor %}
}
