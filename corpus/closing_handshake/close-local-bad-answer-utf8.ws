wsclose 1
role server
# The peer's reply carries a reason that is not UTF-8.
app close 1000
> close 3333 hex:eda080
> fin
