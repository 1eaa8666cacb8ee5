"""Windows on what threads and tasks share: attributes, containers, module variables, and their locks."""
