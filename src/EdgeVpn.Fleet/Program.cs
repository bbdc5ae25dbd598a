using EdgeVpn.Fleet.Commands;

return await FleetCommandLine.RunAsync(args, FleetConsole.System());
