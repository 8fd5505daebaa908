wsclose 1
role server
# Beast accepts 5000, which is outside every defined range, and sends it back.
> close 5000
