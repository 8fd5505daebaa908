wsclose 1
role server
# A Close without a body is answered by one without a body, or 1000.
> close
wait 2
> fin
