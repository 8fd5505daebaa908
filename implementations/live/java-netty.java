// Echo server on WebSocketServerProtocolHandler of Netty.
// Closing behavior of the program: on the text close:CODE:REASON it writes the library's CloseWebSocketFrame with
// this code and reason and ignores exceptions. The library replies to a Close, fails connections and closes TCP.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;

class JavaNetty {
    static class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
            // The program echoes frame by frame: a fragmented message keeps its fragments.
            if (!(frame instanceof TextWebSocketFrame text) || !text.text().startsWith("close:")) {
                context.writeAndFlush(frame.retain());
                return;
            }
            String[] command = text.text().substring("close:".length()).split(":", 2);
            try {
                context.writeAndFlush(command[0].isEmpty()
                        ? new CloseWebSocketFrame()
                        : new CloseWebSocketFrame(Integer.parseInt(command[0]), command.length > 1 ? command[1] : ""));
            } catch (RuntimeException refused) {
                // Call refused: the connection stays as the library left it.
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable broken) {
            // The library closes the channel. This override only suppresses its warning.
        }
    }

    public static void main(String[] arguments) throws Exception {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(new NioEventLoopGroup(1), new NioEventLoopGroup())
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(
                                new HttpServerCodec(), new HttpObjectAggregator(65536),
                                new WebSocketServerProtocolHandler("/"), new Echo());
                    }
                });
        bootstrap.bind("127.0.0.1", Integer.parseInt(arguments[0])).sync();
        System.out.println("listening");
    }
}
