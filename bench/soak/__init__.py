"""Many calls, one after another: nothing may be left of them."""
