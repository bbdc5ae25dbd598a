using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Local.Commands;

return await EdgeVpnCommandLine.InvokeAsync(args, new Daemon(), Terminal.OfProcess()).ConfigureAwait(false);
