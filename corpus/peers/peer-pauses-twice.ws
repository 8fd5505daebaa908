wsclose 1
role server
# The peer stops reading and says so twice; the application closes while the answer cannot be written.
> pause
> close 1000
app close
> pause
> resume
