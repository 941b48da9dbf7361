"""From a result to a `plotly.graph_objects.Figure`; nothing here computes."""
