"""What EC2 answers, put into rows."""
