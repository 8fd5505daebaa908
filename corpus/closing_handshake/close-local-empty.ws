wsclose 1
role server
# The application closes without a code.
app close
> close
> fin
