"""The five texts that glassgrad grew from, item by item."""
