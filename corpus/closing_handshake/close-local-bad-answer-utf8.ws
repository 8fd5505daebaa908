wsclose 1
role server
# The answer carries a reason that is not UTF-8.
app close 1000
> close 3333 hex:eda080
> fin
