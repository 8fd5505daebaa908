wsclose 1
role server
# The endpoint replies to a Close without a body with one without a body, or with 1000.
> close
wait 2
> fin
