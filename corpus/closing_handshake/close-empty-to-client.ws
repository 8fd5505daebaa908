wsclose 1
role client
# A Close without a body, to a client: even an empty frame is masked.
> close
wait 2
> fin
