"""Facts of many modules, linked: names, classes, types, call graph, summaries."""
