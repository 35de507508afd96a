"""passages: what stands in several places cut out of rows, or shown in them."""
