using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Appliance.Control;

/// <summary>The box's part in a rehearsal: each tunnel as <see cref="ConnectionPlan"/> gives it to the engine, so that what is played is what runs.</summary>
internal sealed record RehearsalParts(BoxPart Box, GatewayPart Gateway, ImmutableArray<string> Notes)
{
    /// <summary>The key of both ends where the configuration's own proof cannot be played.</summary>
    private const string StandIn = "rehearsal";

    private static readonly BoxHabits s_habits = new(ReasonOf.Cause, Backoff.After, AlgorithmCatalog.Default);

    /// <summary>Every tunnel of a validated configuration.</summary>
    /// <param name="azure">Azure's side of a connection.</param>
    public static IEnumerable<RehearsalParts> Of(BoxConfig configuration, Func<ConnectionConfig, AzureSide> azure) =>
        ConnectionPlan.Of(configuration).Select(plan => Of(configuration, plan, azure(plan.Config)));

    public ConnectionRehearsal Play()
    {
        var played = Rehearser.Play(Box, Gateway, s_habits);
        return played with { NotPlayed = [.. Notes, .. played.NotPlayed] };
    }

    private static RehearsalParts Of(BoxConfig configuration, ConnectionPlan plan, AzureSide azure)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        var played = WithProof(plan, notes);
        var credential = new CredentialStore(new CertificateSource(null)).Of(played);
        var remotes = plan.Endpoints.Select(static (endpoint, i) => endpoint.Address.Address ?? StandInOf(i)).ToImmutableArray();
        if (plan.Endpoints.Any(static e => e.Address.HostName is not null)) notes.Add("Names: endpoints have stand-in addresses.");
        var local = plan.Config.Local.Address
            ?? IPAddress.Parse(remotes[0].AddressFamily == AddressFamily.InterNetworkV6 ? "2001:db8::2" : "192.0.2.2"); // documentation addresses
        var specs = ConnectionSpecs.Of(plan.Config, AlgorithmCatalog.Default);
        var (proposals, assumed) = azure.For(specs);
        return new RehearsalParts(
            new BoxPart(
                plan.Name, IpAddress.From(local),
                [.. plan.Endpoints.Select((endpoint, i) => new BoxEndpoint(
                    played.ToEngine(endpoint, plan.IsAnyPeer ? [] : remotes, local, credential, CredentialStore.PpkOf(played), AlgorithmCatalog.Default), IpAddress.From(remotes[i])))],
                specs),
            new GatewayPart(new AzureGateway { Policy = proposals.Policy, Mode = azure.Mode }, assumed, azure.IsBehindNat(configuration)),
            notes.ToImmutable());
    }

    /// <summary>A pre-shared key that is at hand is played; a certificate, or a key sealed to another box, is not.</summary>
    private static ConnectionPlan WithProof(ConnectionPlan plan, ImmutableArray<string>.Builder notes)
    {
        if (plan.Config.Authentication is PskAuthentication psk && plan.Secrets.TryGetValue(psk.Secret, out var secret) && secret.Psk is not null) return plan;
        notes.Add("Authentication: both ends have a stand-in key.");
        return plan with
        {
            Config = plan.Config with { Authentication = new PskAuthentication { Secret = StandIn } },
            Secrets = plan.Secrets.SetItem(StandIn, new SecretConfig { Psk = new SecretText(StandIn) }),
        };
    }

    private static IPAddress StandInOf(int index) => IPAddress.Parse($"203.0.113.{index + 2}");
}
