wsclose 1
role server
# The peer stops reading, twice in a row; the application closes while the reply cannot be written.
> pause
> close 1000
app close
> pause
> resume
