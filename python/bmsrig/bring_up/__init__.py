"""What is looked at before a bench is trusted: ``bmsrig check-bench`` puts the parts together."""
