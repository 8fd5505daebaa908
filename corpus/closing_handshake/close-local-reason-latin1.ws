wsclose 1
role server
# The endpoint sends a reason outside ASCII as UTF-8.
app close 1000 "café"
> close 1000
> fin
