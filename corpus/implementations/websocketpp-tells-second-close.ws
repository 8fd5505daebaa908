wsclose 1
role client
# WebSocket++ reports the last Close to the application instead of the first, which had no code.
> close
> close 3333 "second"
> fin
