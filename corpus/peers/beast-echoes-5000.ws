wsclose 1
role server
# Beast takes 5000, which no range covers, and sends it back.
> close 5000
