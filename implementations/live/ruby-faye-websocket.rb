# Echo server on faye-websocket, served by Puma.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
require 'faye/websocket'
require 'puma'
require 'puma/server'
require 'puma/events'

App = lambda do |env|
  next [404, {}, []] unless Faye::WebSocket.websocket?(env)
  socket = Faye::WebSocket.new(env)
  socket.on :message do |event|
    message = event.data
    if message.is_a?(String) && message.start_with?('close:')
      _, code, reason = message.split(':', 3)
      begin
        code.empty? ? socket.close : socket.close(Integer(code), reason)
      rescue StandardError
        # Call refused: the connection stays as the library left it.
      end
    else
      socket.send(message)
    end
  end
  socket.rack_response
end

server = Puma::Server.new(App, Puma::Events.null)
server.add_tcp_listener('127.0.0.1', Integer(ARGV[0]))
$stdout.puts 'listening'
$stdout.flush
server.run.join
