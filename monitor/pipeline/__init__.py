"""One post, from feed to page: observe, score, judge. Each gathers, decides, applies; time is a value.

The three share nothing but the store: each may crash, lag, or be run by hand. They are plain synchronous functions:
`monitor.daemon` decides in which thread they run, and `monitor.replay` calls the same ones in order.
"""
