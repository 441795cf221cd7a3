"""Questions that stored evidence answers: what happened, who could, how a finding came about."""
