"""count: how often n-grams, terms and pairs of terms occur."""
