"""Rights in AWS: policies evaluated, roles followed, actions put into plain capabilities."""
