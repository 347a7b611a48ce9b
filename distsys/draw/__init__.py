"""Pictures: traces, histories and numbers as inline SVG that reads well in light, dark and print."""
